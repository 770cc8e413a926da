/** Local days and times of a zone as instants, and back. */

/** Minutes by which the zone is ahead of UTC at that instant. */
function offset(at: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
    hourCycle: "h23",
  }).formatToParts(new Date(at));
  const of = (type: string) => Number(parts.find((one) => one.type === type)?.value);
  const local = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
  return Math.round((local - Math.floor(at / 1000) * 1000) / 60_000);
}

/**
 * The instant of a local time, with the zone's offset: `2026-03-29T03:30:00+02:00`. As everywhere in Waybill, a time that the
 * clocks skip moves forward by what they skip, and one that comes twice means the first. Undefined for what is no time.
 */
export function instantAt(day: string, time: string, zone: string): string | undefined {
  const local = Date.parse(`${day}T${time || "00:00"}:00Z`);
  if (Number.isNaN(local)) return undefined;
  const before = offset(local - 86_400_000, zone);
  const after = offset(local + 86_400_000, zone);
  const fits = [before, after].find((minutes) => offset(local - minutes * 60_000, zone) === minutes);
  const at = local - (fits ?? before) * 60_000;
  return written(at, offset(at, zone));
}

function written(at: number, minutes: number): string {
  const local = new Date(at + minutes * 60_000).toISOString().slice(0, 19);
  const sign = minutes < 0 ? "-" : "+";
  const two = (number: number) => String(Math.floor(Math.abs(number))).padStart(2, "0");
  return minutes === 0 ? `${local}Z` : `${local}${sign}${two(minutes / 60)}:${two(minutes % 60)}`;
}

/** The zones that the browser knows, UTC first. */
export function zones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}

export function ownZone(): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone === "Etc/UTC" ? "UTC" : zone || "UTC";
}
