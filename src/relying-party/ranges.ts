import { isRegistered, parseRange, type Range } from '#delivery/addresses.ts';

/** Whether every address of `inner` lies in one of `outer`. */
export const isWithin = (inner: Range, outer: readonly Range[]): boolean =>
  outer.some(({ family, base, prefix }) => {
    const shift = BigInt((family === 4 ? 32 : 128) - prefix);
    return family === inner.family && prefix <= inner.prefix && base >> shift === inner.base >> shift;
  });

/** CIDR texts as ranges; what does not parse is left out. */
export const rangesOf = (texts: readonly string[]): Range[] => texts.flatMap((text) => parseRange(text) ?? []);

/** Whether an IP literal (IPv6 also in brackets, as URLs have it) lies in one of the written ranges; a host name never does. */
export const addressWithin = (host: string, texts: readonly string[]): boolean =>
  isRegistered(host.replace(/^\[|\]$/g, ''), rangesOf(texts));
