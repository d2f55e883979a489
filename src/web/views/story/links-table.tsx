/** Every link of the chart as a table, drawn or not: the picture's equal for a screen reader. */
import type { Chart } from "../../../charts/chart.ts";
import { figure, percent } from "../../../charts/text.ts";
import { Scroll } from "./scroll.tsx";

export function LinksTable({ chart, onSelect }: { chart: Chart; onSelect(id: string): void }) {
  const name = new Map(chart.boxes.map(b => [b.id, b.number ? `${b.number} ${b.label}` : b.label]));
  return (
    <Scroll label="links">
      <table>
        <thead>
          <tr>
            <th>from</th>
            <th>to</th>
            <th class="number">weight</th>
            <th class="number">of its input</th>
            <th class="number">of the answer</th>
            <th>drawn</th>
          </tr>
        </thead>
        <tbody>
          {chart.links.map(link => (
            <tr key={`${link.source}>${link.target}`} class={link.weight < 0 ? "against" : "for"}>
              <td>
                <button type="button" class="quiet" onClick={() => onSelect(link.source)}>
                  {name.get(link.source)}
                </button>
              </td>
              <td>
                <button type="button" class="quiet" onClick={() => onSelect(link.target)}>
                  {name.get(link.target)}
                </button>
              </td>
              <td class="number signed">
                {link.weight > 0 ? "+" : ""}
                {figure(link.weight)}
              </td>
              <td class="number">{percent(link.input)}</td>
              <td class="number">{percent(link.share)}</td>
              <td>{link.drawn ? "yes" : link.back ? "no: runs backward" : "no: weak"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
