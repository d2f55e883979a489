/** Every key of the page, opened by `?`. */
import { useEffect, useRef } from "preact/hooks";
import { SheetHead } from "./sheet-head.tsx";

const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    "Anywhere",
    [
      ["/", "to the prompt"],
      ["Ctrl/⌘ Enter", "trace"],
      ["r", "all charts"],
      ["1 … 6", "story, microscope, intervene, compare, time-lapse, watch"],
      ["?", "this list"],
    ],
  ],
  [
    "Story",
    [
      ["↓ ↑", "to the strongest input, to what the box feeds most (on a phone the other way round)"],
      ["← →", "along the list one came from"],
      ["Home", "to the answer"],
      ["Esc", "let go of sentence and box"],
      ["Ctrl/⌘ Z", "undo a change of boxes; with Shift, redo"],
    ],
  ],
  [
    "Microscope",
    [
      ["↓ ↑", "to the strongest input, to the strongest output"],
      ["← →", "along the list one came from"],
      ["p, Ctrl/⌘-click", "pin or unpin"],
      ["g held, click", "put into a group"],
      ["+ − 0", "zoom in, out, all"],
      ["Esc", "let go"],
    ],
  ],
];

export function Keys({ onClose }: { onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="sheet" aria-labelledby="keys-title" onClose={onClose}>
      <SheetHead id="keys-title" title="Keys" />
      {groups.map(([title, keys]) => (
        <section key={title}>
          <h3>{title}</h3>
          <dl class="keys">
            {keys.map(([key, what]) => (
              <div key={key}>
                <dt>{key}</dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </dialog>
  );
}
