import { afterAll, beforeAll, expect, test } from "vitest";
import { type Postgres, startPostgres } from "../../../test/postgres.ts";
import { openPostgresQueue } from "./postgres-queue.ts";
import { conformance } from "./queue.conformance.ts";

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.stop());

conformance({
  name: "on PostgreSQL",
  shared: true,
  leaseMs: 2_000,
  open: (store, leaseMs) => openPostgresQueue(postgres.url, { identity: store, leaseMs }),
});

test("a database that is not there, and an address that is none, are said in words", async () => {
  const away = openPostgresQueue("postgres://me:secret@127.0.0.1:1/x", { identity: "x", patienceMs: 300 });
  await expect(away).rejects.toThrow(/the database cannot be reached/);
  await expect(away).rejects.toMatchObject({ where: "at postgres://me:…@127.0.0.1:1/x" });
  await expect(openPostgresQueue("mysql://x", { identity: "x" })).rejects.toThrow(/no address of a PostgreSQL/);
  const other = postgres.url.replace(/postgres$/, "elsewhere");
  await expect(openPostgresQueue(other, { identity: "x" })).rejects.toThrow(/the database refuses/);
});
