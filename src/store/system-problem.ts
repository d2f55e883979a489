/**
 * What the operating system refused, in words: a full disk, a missing folder, no permission.
 * Knows error codes and nothing of what the file was for.
 */
import { Problem } from "../core/problem.ts";

/** A Problem for an error of the file system that a person can do something about; anything else as it came. */
export function systemProblem(error: unknown, path: string, doing: "read" | "write"): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const where = `at ${path}`;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new Problem(code === "ENOSPC" ? "the disk is full" : "your quota on this disk is used up", {
        where,
        advice: "freeing some space, or another disk; nothing half-written is left under that name",
        cause: error,
      });
    case "EACCES":
    case "EPERM":
      return new Problem(`no permission to ${doing} this file`, {
        where,
        advice: doing === "write" ? "a folder that you may write to" : "its permissions (ls -l)",
        cause: error,
      });
    case "EROFS":
      return new Problem("this disk is read-only", { where, advice: "a folder on another disk", cause: error });
    case "ENOENT":
      return new Problem(doing === "write" ? "the folder for this file does not exist" : "there is no such file", {
        where,
        advice: doing === "write" ? "creating it first (mkdir -p), or another name" : "another path",
        cause: error,
      });
    case "ENOTDIR":
      return new Problem("a part of this path is a file, not a folder", { where, cause: error });
    case "EISDIR":
      return new Problem("this is a folder, not a file", { where, advice: "a file name in it", cause: error });
    case "ENAMETOOLONG":
      return new Problem("this file name is too long for the disk", { where, cause: error });
    case "EMFILE":
    case "ENFILE":
      return new Problem("too many files are open", { where, advice: "a higher limit (ulimit -n 4096)", cause: error });
    default:
      return error;
  }
}
