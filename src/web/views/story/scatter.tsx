/** Predicted against measured, one dot a test, with the range of the random controls as a grey band. */
import type { Verdict } from "../../../attribution/document.ts";
import { signed } from "../../../charts/text.ts";

const size = 176;
const pad = 14;

export function Scatter({ tests }: { tests: Verdict["tests"] }) {
  const controls = tests.flatMap(t => t.controls).sort((a, b) => a - b);
  const values = tests.flatMap(t => [t.predicted, t.live, t.frozen]).concat(controls);
  const reach = Math.max(...values.map(Math.abs), 1e-9) * 1.08;
  const at = (value: number) => size / 2 + (value / reach) * (size / 2 - pad);
  const low = controls[Math.floor(controls.length * 0.025)];
  const high = controls[Math.ceil(controls.length * 0.975) - 1];
  return (
    <figure class="scatter">
      <svg
        viewBox={`0 0 ${size} ${size}`}
        width={size}
        height={size}
        role="img"
        aria-label="predicted against measured change"
      >
        {low !== undefined && high !== undefined && (
          <rect
            class="controls"
            x={pad}
            width={size - 2 * pad}
            y={size - at(high)}
            height={Math.max(1, at(high) - at(low))}
          />
        )}
        <path class="axis" d={`M${pad} ${size / 2}H${size - pad}M${size / 2} ${pad}V${size - pad}`} />
        <path class="diagonal" d={`M${pad} ${size - pad}L${size - pad} ${pad}`} />
        {tests.map(test => (
          <g key={test.what}>
            <circle class="frozen" cx={at(test.predicted)} cy={size - at(test.frozen)} r="3.5" />
            <circle class="live" cx={at(test.predicted)} cy={size - at(test.live)} r="4" />
          </g>
        ))}
      </svg>
      <figcaption>
        A dot a test, to ± {signed(reach).slice(1)} logits: across what was predicted, up what the model did, ● with
        attention live, ○ frozen. On the dashed line the two agree; in the grey band lie 95 % of the random controls.
      </figcaption>
    </figure>
  );
}
