/** What the API says of a field as a sentence of its own: `is missing` is `Is missing.` */
export function sentence(message: string): string {
  const whole = /[.!?]$/.test(message) ? message : `${message}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}
