/** Pinned nodes and groups as they stand in the address: `a,b|Name:c,d`. */
export interface Pins {
  readonly pinned: readonly string[];
  readonly groups: readonly { readonly name: string; readonly members: readonly string[] }[];
}

export function readPins(text: string | undefined): Pins {
  const [first = "", ...rest] = (text ?? "").split("|");
  return {
    pinned: first.split(",").filter(Boolean),
    groups: rest.flatMap(part => {
      const at = part.lastIndexOf(":");
      const members = part
        .slice(at + 1)
        .split(",")
        .filter(Boolean);
      return at >= 0 ? [{ name: decoded(part.slice(0, at)) || "group", members }] : [];
    }),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

export function writePins(pins: Pins): string | undefined {
  const groups = pins.groups.map(g => `|${encodeURIComponent(g.name)}:${g.members.join(",")}`);
  return pins.pinned.join(",") + groups.join("") || undefined;
}

export function togglePin(pins: Pins, id: string): Pins {
  const has = pins.pinned.includes(id);
  return { ...pins, pinned: has ? pins.pinned.filter(p => p !== id) : [...pins.pinned, id] };
}

/** Into the last group, or out of whichever holds it. */
export function toggleGroup(pins: Pins, id: string, group: number): Pins {
  const inside = pins.groups.findIndex(g => g.members.includes(id));
  if (inside >= 0) {
    return {
      ...pins,
      groups: pins.groups
        .map((g, i) => (i === inside ? { ...g, members: g.members.filter(m => m !== id) } : g))
        .filter(g => g.members.length > 0),
    };
  }
  if (group >= pins.groups.length)
    return { ...pins, groups: [...pins.groups, { name: `group ${pins.groups.length + 1}`, members: [id] }] };
  return {
    ...pins,
    groups: pins.groups.map((g, i) => (i === group ? { ...g, members: [...g.members, id] } : g)),
  };
}
