import { isResidentId, isUnitCode } from '#pki/identity.ts';

/** Codes as they are compared and indexed: full-width letters folded, spaces and hyphens dropped, upper case. */
export const plainCode = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[\s-]+/g, '')
    .toUpperCase();

/** Names as they are compared: full-width brackets folded, white space dropped, a vendor's (签名)/(加密) taken off. */
export const plainName = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/\s+/g, '')
    .toUpperCase()
    .replace(/\((签名|加密)\)$/, '');

/** No list of idType values exists (readings L18); these are the spellings of 居民身份证 that are met. */
const RESIDENT_ID_TYPES = new Set(['身份证', '居民身份证', '111', '01', '0', 'SFZ']);

export const isResidentIdType = (idType: string): boolean =>
  RESIDENT_ID_TYPES.has(idType.normalize('NFKC').trim().toUpperCase());

/** Shaped like an 18-character resident id, whatever its check digit says. */
export const looksLikeResidentId = (code: string): boolean => /^\d{17}[\dX]$/.test(code);

export type CodeFault = 'check-digit' | 'shape';

/** unitCode after `plainCode`: a unified social credit code, or the resident id of a person who bids as himself. */
export function unitCodeFault(code: string): CodeFault | undefined {
  if (isUnitCode(code) || isResidentId(code)) return undefined;
  return /^[0-9A-HJ-NPQRTUWXY]{18}$/.test(code) ? 'check-digit' : 'shape';
}

/** idNumber after `plainCode`: only a resident id has a form that can be checked (readings L18). */
export function idNumberFault(idType: string, code: string): CodeFault | undefined {
  if (!isResidentIdType(idType) || isResidentId(code)) return undefined;
  return looksLikeResidentId(code) ? 'check-digit' : 'shape';
}
