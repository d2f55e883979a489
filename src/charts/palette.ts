/**
 * The colours of a chart, for light and dark: ink on paper, green for what speaks for the answer (it is the accent too),
 * purple for what speaks against it. The pair is the field's (PRGn) and safe for colour-blind readers; every sign
 * has its glyph as well. Each text colour keeps 4.5:1 against its ground (palette.test.ts).
 */
export interface Palette {
  readonly paper: string;
  readonly card: string;
  readonly ink: string;
  /** Second-rank text. */
  readonly muted: string;
  /** Lines and borders. */
  readonly faint: string;
  readonly positive: string;
  readonly negative: string;
  /** Error: always hatched. */
  readonly fog: string;
}

export const light: Palette = {
  paper: "#fbfaf7",
  card: "#ffffff",
  ink: "#1c1b19",
  muted: "#625e57",
  faint: "#d8d4cb",
  positive: "#1b7837",
  negative: "#762a83",
  fog: "#857f74",
};

export const dark: Palette = {
  paper: "#151513",
  card: "#1e1d1b",
  ink: "#ecebe6",
  muted: "#a8a49b",
  faint: "#3d3b37",
  positive: "#7cc480",
  negative: "#cba6d8",
  fog: "#948f85",
};

export const verdictGlyph = {
  confirmed: "✓",
  opposite: "⇄",
  "too weak to tell": "≈",
  "not confirmed": "✗",
} as const;
