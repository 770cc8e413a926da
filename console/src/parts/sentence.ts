/** What the API says of a field as a sentence of its own: `is missing` is `Is missing.`; a field's name stays as it is written. */
export function sentence(message: string): string {
  const whole = /[.!?]$/.test(message) ? message : `${message}.`;
  return /^\w*_/.test(whole) ? whole : whole.charAt(0).toUpperCase() + whole.slice(1);
}
