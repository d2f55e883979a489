/**
 * A model's name on the hub: `owner/name`, `owner/name@revision`, or one GGUF file of a repository,
 * `owner/name/file.gguf[@revision]`.
 */
export interface HubReference {
  readonly owner: string;
  readonly name: string;
  /** A branch, a tag or a commit; "main" when none is given. */
  readonly revision: string;
  /** A GGUF file at the top of the repository. */
  readonly file: string | undefined;
}

// The hub's own rule: letters, digits, "-", "_", ".", no ".." and no "--" (which would be ambiguous in the cache).
const part = "[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?";
const shape = new RegExp(`^(${part})/(${part})(?:/([\\w.-]+\\.gguf))?(?:@([\\w][\\w./-]*))?$`);

/** Reads a reference; undefined when `text` can't be one. */
export function parseReference(text: string): HubReference | undefined {
  const match = shape.exec(text);
  if (!match || text.includes("..") || text.split("@")[0]!.includes("--")) return undefined;
  const [, owner, name, file, revision] = match;
  return { owner: owner!, name: name!, file, revision: revision ?? "main" };
}

/** owner/name */
export function repository(reference: HubReference): string {
  return `${reference.owner}/${reference.name}`;
}

/** As one would type it. */
export function referenceText(reference: HubReference): string {
  const file = reference.file ? `/${reference.file}` : "";
  return `${repository(reference)}${file}${reference.revision === "main" ? "" : `@${reference.revision}`}`;
}
