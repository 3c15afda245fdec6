const BEIJING_MS = 8 * 3_600_000;

/**
 * SignatureDateTime, which each maker writes as he likes: `20200723130907.763Z`, `20201010151120`, `2020-04-22 16:22:44`, ISO. Beijing time where no zone is
 * written. UTC milliseconds; undefined: unreadable.
 */
export function claimedInstant(text: string): number | undefined {
  const pattern = /^(\d{4})-?(\d\d)-?(\d\d)[T ]?(\d\d):?(\d\d):?(\d\d)(?:\.\d{1,9})?(Z|[+-]\d\d:?\d\d)?$/i;
  const [, year, month, day, hour, minute, second, zone] = pattern.exec(text.trim()) ?? [];
  if (year === undefined) return undefined;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const written = zone === undefined ? undefined : zone.toUpperCase().replace(/^([+-]\d\d):?(\d\d)$/, '$1:$2');
  const at = Date.parse(`${iso}${written ?? 'Z'}`);
  if (Number.isNaN(at)) return undefined;
  return written === undefined ? at - BEIJING_MS : at;
}
