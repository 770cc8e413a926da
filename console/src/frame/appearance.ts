import { applyDensity, applyMode, Density, Mode } from "@cloudscape-design/global-styles";

export type Choice = "system" | "light" | "dark";
export interface Appearance {
  readonly mode: Choice;
  readonly compact: boolean;
}

const KEPT = "waybill.appearance";
const dark = () => matchMedia("(prefers-color-scheme: dark)");

export function appearance(): Appearance {
  const kept = localStorage.getItem(KEPT);
  return { mode: "system", compact: false, ...(kept ? (JSON.parse(kept) as Partial<Appearance>) : {}) };
}

export function setAppearance(chosen: Appearance): void {
  localStorage.setItem(KEPT, JSON.stringify(chosen));
  apply(chosen);
}

/** As chosen, or else as the system says, also when the system changes its mind. */
export function showAppearance(): void {
  apply(appearance());
  dark().addEventListener("change", () => apply(appearance()));
}

function apply({ mode, compact }: Appearance): void {
  applyMode(mode === "dark" || (mode === "system" && dark().matches) ? Mode.Dark : Mode.Light);
  applyDensity(compact ? Density.Compact : Density.Comfortable);
}
