/** In which units the chart is made: the model's neurons, or a dictionary of features that fits it. */
import { useEffect, useState } from "preact/hooks";
import { ProblemNote } from "../../parts/problem.tsx";
import { useJob } from "../../parts/use-job.ts";
import { shortName } from "../models/short-name.ts";

export interface BasisChoiceProps {
  readonly model: string | undefined;
  /** In memory: only then its dictionaries can be looked at. */
  readonly ready: boolean;
  readonly basis: string;
  onChange(basis: string): void;
}

export function BasisChoice({ model, ready, basis, onChange }: BasisChoiceProps) {
  const bases = useJob("bases");
  const [own, setOwn] = useState("");
  useEffect(() => {
    if (model && ready) void bases.start(model, {});
  }, [model, ready]);
  const known = bases.result ?? [];
  const others = known.filter(choice => choice.reference !== "neurons");
  const listed = basis === "neurons" || others.some(choice => choice.reference === basis);
  return (
    <fieldset class="basis-choice">
      <legend>Units</legend>
      <select aria-label="units" value={basis} onChange={event => onChange(event.currentTarget.value)}>
        <option value="neurons">the model’s own neurons</option>
        {others.map(choice => (
          <option key={choice.reference} value={choice.reference} disabled={!choice.fits}>
            {choice.name}
            {choice.fits
              ? `: ${choice.features?.toLocaleString("en")} features, ${choice.kind === "cross-layer" ? "across layers" : "of each layer"}`
              : " (does not fit)"}
          </option>
        ))}
        {!listed && <option value={basis}>{shortName(basis)}</option>}
      </select>
      <form
        class="own-basis"
        onSubmit={event => {
          event.preventDefault();
          if (own.trim()) onChange(own.trim());
          setOwn("");
        }}
      >
        <label>
          <span class="hint">another dictionary: a folder, or owner/name of the hub</span>
          <input type="text" value={own} spellcheck={false} onInput={e => setOwn(e.currentTarget.value)} />
        </label>
        <button type="submit" class="plain" disabled={!own.trim()}>
          Use it
        </button>
      </form>
      {bases.error && <ProblemNote error={bases.error} />}
    </fieldset>
  );
}
