/**
 * A database that restarts is away for some seconds: what was asked is asked again until it is back. Safe here, since
 * everything that is asked of the queue may be asked twice.
 */
import { Problem } from "../../core/problem.ts";

export interface Patience {
  /** Milliseconds. */
  readonly ms: number;
  /** For the sentence. */
  readonly address: string;
  readonly signal?: AbortSignal | undefined;
  readonly note?: ((text: string) => void) | undefined;
}

/** Throws a Problem when the database stays away for longer, or refuses us. */
export async function patiently<T>(patience: Patience, work: () => Promise<T>): Promise<T> {
  const start = Date.now();
  for (let wait = 100, told = false; ; wait = Math.min(2_000, wait * 2)) {
    patience.signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const refused = refusal(error, patience.address);
      if (refused) throw refused;
      if (!isAway(error)) throw error;
      if (Date.now() - start > patience.ms) {
        throw new Problem(`the database cannot be reached: ${(error as Error).message || codeOf(error)}`, {
          where: `at ${patience.address}`,
          advice: "its address, and whether it runs (pg_isready)",
          cause: error,
        });
      }
      if (!told && Date.now() - start > 1_000) {
        patience.note?.("the database is away; waiting for it");
        told = true;
      }
      await new Promise(done => setTimeout(done, wait));
    }
  }
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? "");

/**
 * Connection refused, reset or timed out; 08: connection; 57P01-3: shutting down, crashed, starting up; 40: in each other's way
 * (several workers that make the queue's tables at once meet in a deadlock, and PostgreSQL lets one of them fail).
 */
function isAway(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|EAI_AGAIN)$/.test(code)) return true;
  if (/^(08...|57P0[123]|53300|40P01|40001)$/.test(code)) return true;
  const { message = "", errors = [] } = (error ?? {}) as { message?: string; errors?: unknown[] };
  return (
    /connection (terminated|timeout)|timeout exceeded|not queryable|client has encountered/i.test(message) ||
    errors.some(isAway)
  );
}

/** 28: who we are is not believed; 3D000: no such database; 42501: not allowed; ENOTFOUND: no such machine. */
function refusal(error: unknown, address: string): Problem | undefined {
  const code = codeOf(error);
  if (!/^(28...|3D000|42501|ENOTFOUND)$/.test(code)) return undefined;
  return new Problem(`the database refuses: ${(error as Error).message}`, {
    where: `at ${address}`,
    advice: "user, password and database in --queue postgres://user:password@host:5432/database",
    cause: error,
  });
}
