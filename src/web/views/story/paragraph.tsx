/** The story in words; each sentence lights the boxes it speaks of. */
import type { Story } from "../../../attribution/document.ts";
import { visible } from "../../../charts/text.ts";

export interface ParagraphProps {
  readonly story: Story;
  readonly chosen: number | undefined;
  onChoose(index: number | undefined): void;
}

export function Paragraph({ story, chosen, onChoose }: ParagraphProps) {
  return (
    <section class="paragraph" aria-label="the story in words">
      {story.sentences.map((sentence, i) =>
        sentence.boxes.length === 0 ? (
          <span key={i}>{visible(sentence.text)} </span>
        ) : (
          <button
            type="button"
            key={i}
            aria-pressed={i === chosen}
            onClick={() => onChoose(i === chosen ? undefined : i)}
          >
            {visible(sentence.text)}
          </button>
        ),
      )}
    </section>
  );
}
