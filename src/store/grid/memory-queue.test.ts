import { MemoryQueue } from "./memory-queue.ts";
import { conformance } from "./queue.conformance.ts";

conformance({
  name: "in this process",
  shared: false,
  leaseMs: 500,
  open: async (_, leaseMs) => new MemoryQueue({ leaseMs }),
});
