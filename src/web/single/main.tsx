/** The exported page: reads the trace out of its own markup and draws it. Fetches nothing, keeps nothing but the theme. */
import { render } from "preact";
import type { TraceDocument } from "../../attribution/document.ts";
import { StoryView } from "../views/story/story-view.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

const data = document.getElementById("trace")!.textContent;
const trace = JSON.parse(data) as TraceDocument;
const place = document.getElementById("app")!;
place.replaceChildren();
render(
  <>
    <nav class="top" aria-label="page">
      <span class="brand">Lucida</span>
      <ThemeSwitch />
    </nav>
    <main>
      <StoryView document={trace} />
    </main>
  </>,
  place,
);
