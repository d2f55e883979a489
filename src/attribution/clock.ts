/** How long each stage of a trace takes. */

/** Seconds by stage. */
export class Clock {
  readonly seconds: Record<string, number> = {};
  private last = performance.now();

  lap(stage: string): void {
    const now = performance.now();
    this.seconds[stage] = (this.seconds[stage] ?? 0) + (now - this.last) / 1000;
    this.last = now;
  }
}
