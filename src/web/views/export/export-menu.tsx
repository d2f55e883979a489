/** A chart as a file: everything is made on this machine. */
import { useRef } from "preact/hooks";
import { light } from "../../../charts/palette.ts";
import { api } from "../../client.ts";

const formats = [
  ["html", "One page", "opens offline, anywhere"],
  ["lucida", ".lucida", "the whole trace, to open here again"],
  ["svg", "SVG", "the picture, to edit or print"],
  ["graph", "Graph JSON", "for Neuronpedia and circuit-tracer"],
  ["json", "Trace JSON", "for scripts"],
  ["txt", "Text", "as in the terminal"],
] as const;

export function ExportMenu({ id, name }: { id: string; name: string }) {
  const menu = useRef<HTMLDetailsElement>(null);
  const close = () => menu.current?.removeAttribute("open");
  return (
    <details
      class="menu"
      ref={menu}
      onKeyDown={event => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
        menu.current?.querySelector("summary")?.focus();
      }}
    >
      <summary class="quiet">Export</summary>
      <ul>
        {formats.map(([as, title, what]) => (
          <li key={as}>
            <a href={api.exportUrl(id, as)} download onClick={close}>
              <b>{title}</b> <span>{what}</span>
            </a>
          </li>
        ))}
        <li>
          <button
            type="button"
            onClick={() => {
              close();
              void savePng(id, name);
            }}
          >
            <b>PNG</b> <span>the picture, for slides</span>
          </button>
        </li>
      </ul>
    </details>
  );
}

/** The SVG drawn by the browser at twice its size. */
async function savePng(id: string, name: string): Promise<void> {
  const svg = await (await fetch(api.exportUrl(id, "svg"))).text();
  const picture = new Image();
  const source = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    picture.src = source;
    await picture.decode();
    const canvas = document.createElement("canvas");
    const scale = Math.min(2, 8000 / Math.max(picture.width, picture.height));
    canvas.width = picture.width * scale;
    canvas.height = picture.height * scale;
    const pen = canvas.getContext("2d")!;
    pen.fillStyle = light.paper;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const png = await new Promise<Blob | null>(done => canvas.toBlob(done, "image/png"));
    if (!png) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(png);
    link.download = `${name}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } finally {
    URL.revokeObjectURL(source);
  }
}
