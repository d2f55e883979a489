/** Text put into markup or into a script element, so that it stays text whatever a token holds. */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
/** XML 1.0 has no way to write these, escaped or not. */
const notXml = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;

/** For element content and quoted attributes, in HTML and XML alike. */
export function escapeMarkup(text: string): string {
  return text.replace(notXml, "\ufffd").replace(/[&<>"']/g, c => entities[c]!);
}

/** JSON that may stand in `<script type="application/json">`: no `<` survives, so neither `</script` nor `<!--` can. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, "\\u003c")
    .replace(/\u2028/g, "\\u2028")
    .replace(/\u2029/g, "\\u2029");
}
