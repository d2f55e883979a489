/** From a gate and findings to one word and one sentence. The rule is here and nowhere else. */
import { FEWEST, type Finding, type Verdict } from "./finding.ts";
import type { GateResult } from "./report-of.ts";
import { percent, withInterval } from "./stats.ts";
import type { Study } from "./study.ts";

/**
 * NOT APPLICABLE: the model cannot do what is asked about, or no core test could be made. VOID: a core test's own control
 * passes. HOLDS: every core test holds and unrelated text stays unharmed. FAILS: none is more than its controls.
 */
export function verdictOf(gate: GateResult, findings: readonly Finding[]): Verdict {
  if (!gate.passed) return "NOT APPLICABLE";
  const core = findings.filter(f => f.core && f.outcome !== "not tested");
  if (core.length === 0) return "NOT APPLICABLE";
  if (core.some(f => f.outcome === "void")) return "VOID";
  const harmed = core.some(f => f.guard && !f.guard.ok);
  // What could not be tested has not been shown.
  const whole = core.length === findings.filter(f => f.core).length;
  if (core.every(f => f.outcome === "holds")) return harmed || !whole ? "PARTIAL" : "HOLDS";
  return core.some(f => f.outcome === "holds" || f.outcome === "partial") ? "PARTIAL" : "FAILS";
}

/** A test of too few prompts is no test, whatever came out. */
export function settled(finding: Finding): Finding {
  // An audit counts words, and its prompts are many.
  if (!finding.main || finding.test === "audit" || finding.main.share.n >= FEWEST) return finding;
  const why = `${finding.main.share.n} held-out prompts are too few (${FEWEST} are needed). ${finding.why}`;
  return { ...finding, outcome: "not tested", why };
}

export function sentenceOf(
  study: Pick<Study, "ability" | "holds" | "fails">,
  verdict: Verdict,
  gate: GateResult,
  findings: readonly Finding[],
): string {
  const held = findings.filter(f => f.core && f.outcome === "holds");
  const core = findings.filter(f => f.core && f.outcome !== "not tested");
  switch (verdict) {
    case "NOT APPLICABLE":
      return gate.passed
        ? `It can ${study.ability}, but too few prompts were left to ask how.`
        : gate.share.n === 0
          ? "There are no prompts for this model."
          : gate.share.value >= gate.need
            ? `It may ${study.ability}: ${withInterval(gate.share)}, but that could be chance (${percent(gate.chance ?? 0)}). So there is nothing to explain yet.`
            : `It cannot ${study.ability}: ${percent(gate.share.value)} of ${gate.share.n} prompts, ${percent(gate.need)} are asked. So there is nothing to explain.`;
    case "HOLDS":
      return study.holds;
    case "FAILS":
      return study.fails;
    case "VOID": {
      const first = findings.find(f => f.core && f.outcome === "void");
      const passes = first?.null?.passes ? `it passes with ${first.null.kind} as well` : "a control passes by itself";
      return `Nothing can be concluded: in “${first?.title ?? ""}” ${passes}.`;
    }
    case "PARTIAL": {
      const harmed = core.filter(f => f.guard && !f.guard.ok).map(f => f.title);
      const below = core.filter(f => f.outcome !== "holds").map(f => `“${f.title}”`);
      const missing = findings.filter(f => f.core && f.outcome === "not tested").map(f => `“${f.title}”`);
      if (below.length === 0 && missing.length > 0)
        return `In part: what could be tested holds; ${missing.join(", ")} could not be tested.`;
      if (below.length === 0) return `${study.holds} But the change also harms unrelated text (${harmed.join(", ")}).`;
      return `In part: ${held.length} of ${core.length} tests hold; ${below.join(", ")} ${below.length === 1 ? "does" : "do"} not reach what is asked.`;
    }
  }
}
