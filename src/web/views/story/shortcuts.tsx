/** The list of keys, opened by `?`. */
import { useEffect, useRef } from "preact/hooks";

export function Shortcuts({ narrow, onClose }: { narrow: boolean; onClose(): void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const [input, output] = narrow ? ["↑", "↓"] : ["↓", "↑"];
  return (
    <dialog ref={dialog} class="shortcuts" aria-labelledby="shortcuts-title" onClose={onClose}>
      <h2 id="shortcuts-title">Keys</h2>
      <dl>
        <dt>{input}</dt>
        <dd>to the strongest input of the box</dd>
        <dt>{output}</dt>
        <dd>to the box that it feeds most</dd>
        <dt>← →</dt>
        <dd>to the next in the list one came from</dd>
        <dt>Home</dt>
        <dd>to the answer</dd>
        <dt>Esc</dt>
        <dd>let go of sentence and box</dd>
        <dt>?</dt>
        <dd>this list</dd>
      </dl>
      <form method="dialog">
        <button type="submit" class="plain">
          Close
        </button>
      </form>
    </dialog>
  );
}
