/** Earlier turns of the chat, each editable. */
import type { ChatMessage } from "../../../server/api.ts";

export function Turns({ turns, onChange }: { turns: readonly ChatMessage[]; onChange(turns: ChatMessage[]): void }) {
  const set = (i: number, change: Partial<ChatMessage>) =>
    onChange(turns.map((turn, j) => (i === j ? { ...turn, ...change } : turn)));
  return (
    <fieldset class="turns">
      <legend>Earlier turns</legend>
      {turns.map((turn, i) => (
        <div class="turn" key={i}>
          <select
            aria-label={`who speaks in turn ${i + 1}`}
            value={turn.role}
            onChange={e => set(i, { role: e.currentTarget.value as ChatMessage["role"] })}
          >
            <option value="system">system</option>
            <option value="user">user</option>
            <option value="assistant">assistant</option>
          </select>
          <textarea
            rows={1}
            aria-label={`turn ${i + 1}`}
            value={turn.content}
            onInput={e => set(i, { content: e.currentTarget.value })}
          />
          <button type="button" class="quiet" onClick={() => onChange(turns.filter((_, j) => j !== i))}>
            Remove
          </button>
        </div>
      ))}
      <button
        type="button"
        class="quiet"
        onClick={() =>
          onChange([...turns, { role: turns.at(-1)?.role === "user" ? "assistant" : "user", content: "" }])
        }
      >
        Add a turn
      </button>
    </fieldset>
  );
}
