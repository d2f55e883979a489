/** Where Lucida keeps what people made: runs. LUCIDA_HOME, or the system's place for such data. */
import { homedir } from "node:os";
import { join } from "node:path";

export function dataFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.LUCIDA_HOME) return env.LUCIDA_HOME;
  if (process.platform === "win32") return join(env.LOCALAPPDATA ?? join(homedir(), "AppData/Local"), "lucida");
  return join(env.XDG_DATA_HOME || join(homedir(), ".local/share"), "lucida");
}
