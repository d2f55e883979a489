/** Where an intervention takes hold. */

export interface UnitMember {
  readonly layer: number;
  readonly position: number;
  readonly index: number;
}

export type Site =
  /** An MLP neuron or a dictionary feature, by the basis at hand. */
  | { readonly at: "unit"; readonly layer: number; readonly index: number }
  /** A group of units, each at its own position; `members` are looked up by id where they are left out. */
  | { readonly at: "supernode"; readonly id: string; readonly members?: readonly UnitMember[] }
  /**
   * A vector [dModel] of the residual stream entering a layer: what is changed is how many times the stream holds it.
   * Looked up by name where it is left out.
   */
  | { readonly at: "direction"; readonly layer: number; readonly name: string; readonly vector?: readonly number[] }
  /** What a head mixed, before the output projection. */
  | { readonly at: "head"; readonly layer: number; readonly head: number }
  /** The whole residual stream entering a layer. */
  | { readonly at: "residual"; readonly layer: number };
