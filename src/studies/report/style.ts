/** The look of reports: ink on paper, as the charts; light and dark; narrow and wide. No scripts. */
import { dark, light, type Palette } from "../../charts/palette.ts";

const colours = (p: Palette): string =>
  `--paper:${p.paper};--card:${p.card};--ink:${p.ink};--muted:${p.muted};--faint:${p.faint};--positive:${p.positive};--negative:${p.negative};--fog:${p.fog}`;

export const style = `
:root{${colours(light)};color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{${colours(dark)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:960px;margin:0 auto;padding:32px 20px 80px}
h1{font-size:15px;font-weight:600;color:var(--muted);margin:0 0 4px}
h2{font-size:19px;margin:0 0 2px}
.sentence{font-size:27px;line-height:1.3;margin:8px 0 12px;max-width:32em;text-wrap:balance}
.chip{display:inline-block;font-size:12px;font-weight:700;letter-spacing:.05em;padding:2px 9px;border-radius:99px;border:1.5px solid currentColor;white-space:nowrap}
.HOLDS,.holds{color:var(--positive)}.FAILS,.VOID,.fails,.void{color:var(--negative)}.PARTIAL,.partial{color:var(--ink)}.NOT,.not{color:var(--muted)}
.muted{color:var(--muted);fill:var(--muted)}
p{margin:6px 0;max-width:46em}
section{background:var(--card);border:1px solid var(--faint);border-radius:10px;padding:18px 20px;margin:18px 0}
.charts{display:flex;flex-wrap:wrap;gap:14px 26px;margin:10px 0;align-items:flex-start}
figure{margin:0;max-width:100%;overflow-x:auto}
figcaption{font-size:13px;color:var(--muted);margin-bottom:5px}
svg{display:block;max-width:100%;height:auto}
svg text{font:12px system-ui,sans-serif;fill:var(--ink)}
svg .muted{fill:var(--muted)}svg .number{font-size:11px}svg .end{text-anchor:end}svg .middle{text-anchor:middle}
.main{fill:var(--positive)}.control{fill:var(--fog)}.interval,.tick,.need{fill:none;stroke:var(--ink);stroke-width:1}
.tick{stroke:var(--faint)}.need{stroke:var(--muted);stroke-dasharray:3 3}
.curve{fill:none;stroke-width:2}.curve.line0{stroke:var(--positive)}.curve.line1{stroke:var(--negative)}.curve.line2{stroke:var(--fog);stroke-dasharray:5 3}.curve.line3{stroke:var(--ink);stroke-dasharray:2 3}
svg text.line0{fill:var(--positive)}svg text.line1{fill:var(--negative)}
.heat{fill:var(--positive)}.none{fill:none;stroke:var(--faint);stroke-dasharray:2 2}
.plot img{image-rendering:pixelated;background:#fff;border:1px solid var(--faint);display:block}.plot span{font-size:11px;color:var(--muted)}
details{margin:8px 0}summary{cursor:pointer;color:var(--muted);font-size:14px}
summary:hover{color:var(--ink)}
ol.rows{list-style:none;margin:8px 0;padding:0;font-size:14px}
ol.rows li{padding:6px 0;border-top:1px solid var(--faint);overflow-wrap:anywhere}
ol.rows code,ol.rows .change{font-size:12.5px;color:var(--muted)}
.change{display:block}
q{quotes:"“" "”";white-space:pre-wrap}
table{border-collapse:collapse;width:100%;font-size:15px}
td,th{text-align:left;vertical-align:top;padding:9px 10px 9px 0;border-top:1px solid var(--faint)}
th{font-size:12px;color:var(--muted);font-weight:600}
a{color:inherit;text-underline-offset:3px}
.wide{overflow-x:auto}
@media (max-width:600px){.sentence{font-size:22px}section{padding:14px}table,tbody,tr,td{display:block}th{display:none}td{border:0;padding:2px 0}tr{border-top:1px solid var(--faint);padding:9px 0}}
`;
