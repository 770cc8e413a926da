/** Figures and instants as people read them. Instants are the API's: ISO 8601 in UTC. */

const counted = new Intl.NumberFormat("en");
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

export function count(number: number | null | undefined): string {
  return number == null ? "–" : counted.format(number);
}

/** `1 row`, `2 rows`. */
export function many(number: number, one: string, several = `${one}s`): string {
  return `${counted.format(number)} ${number === 1 ? one : several}`;
}

/** Decimal units, three digits: `1.23 MB`. */
export function bytes(number: number | null | undefined): string {
  if (number == null) return "–";
  const unit = number < 1000 ? 0 : Math.min(Math.floor(Math.log10(number) / 3), UNITS.length - 1);
  const value = number / 1000 ** unit;
  const digits = unit === 0 ? 0 : value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** The instant in `zone`, to the minute: `2026-03-29 03:30`. UTC where no zone is given. */
export function instant(at: string | null | undefined, zone = "UTC"): string {
  if (!at) return "–";
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    })
      .formatToParts(new Date(at))
      .map((part) => [part.type, part.value]),
  );
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}`;
}

/** A window in `zone`: whole days as dates, the last one included; anything else with its hours, the end left out. */
export function span(start: string, end: string, zone = "UTC"): string {
  const from = instant(start, zone);
  const to = instant(end, zone);
  if (from.endsWith(" 00:00") && to.endsWith(" 00:00")) {
    const first = from.slice(0, 10);
    const last = instant(new Date(Date.parse(end) - 60_000).toISOString(), zone).slice(0, 10);
    return first === last ? first : `${first} to ${last}`;
  }
  return from.slice(0, 10) === to.slice(0, 10) ? `${from} to ${to.slice(11)}` : `${from} to ${to}`;
}

/** How long ago or until then, roughly: `in 3 hours`, `2 days ago`. */
export function away(at: string, now: number = Date.now()): string {
  const seconds = (Date.parse(at) - now) / 1000;
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [
    [60, "second"],
    [3600, "minute"],
    [86_400, "hour"],
    [Number.POSITIVE_INFINITY, "day"],
  ];
  const at_most = steps.findIndex(([most]) => Math.abs(seconds) < most);
  const [, unit] = steps[at_most] ?? [0, "day"];
  const size = at_most === 0 ? 1 : (steps[at_most - 1]?.[0] ?? 1);
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

/** A name of the API's as words: `not_reached` is `Not reached`. */
export function words(name: string): string {
  const said = name.replaceAll("_", " ");
  return said.charAt(0).toUpperCase() + said.slice(1);
}
