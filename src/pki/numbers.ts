/** Check digits of the numbers that name organisations and persons. Letters are compared in upper case; surrounding spaces are not tolerated. */

const UNIT_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const UNIT_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2];
const RESIDENT_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

export const hasUnitCodeShape = (text: string): boolean => /^[0-9A-HJ-NPQRTUWXY]{18}$/i.test(text);
export const hasResidentIdShape = (text: string): boolean => /^\d{17}[\dX]$/i.test(text);
export const hasOrganisationCodeShape = (text: string): boolean => /^[0-9A-Z]{8}-?[0-9X]$/i.test(text);

const weigh = (text: string, weights: readonly number[], worth: (letter: string) => number): number =>
  weights.reduce((sum, weight, i) => sum + weight * worth(text.charAt(i)), 0);

/** 统一社会信用代码, GB 32100-2015: 18 characters with a right check character. */
export function isUnitCode(text: string): boolean {
  if (!hasUnitCodeShape(text)) return false;
  const code = text.toUpperCase();
  const sum = weigh(code, UNIT_WEIGHTS, (letter) => UNIT_ALPHABET.indexOf(letter));
  return code.charAt(17) === UNIT_ALPHABET.charAt((31 - (sum % 31)) % 31);
}

/** 居民身份号码, GB 11643-1999: 18 characters, a birthday that exists, a right check character. */
export function isResidentId(text: string): boolean {
  if (!hasResidentIdShape(text)) return false;
  const [year, month, day] = [text.slice(6, 10), text.slice(10, 12), text.slice(12, 14)].map(Number);
  const birthday = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day ?? 0));
  if (birthday.getUTCFullYear() !== year || birthday.getUTCMonth() + 1 !== month || birthday.getUTCDate() !== day)
    return false;
  const sum = weigh(text, RESIDENT_WEIGHTS, Number);
  return text.charAt(17).toUpperCase() === '10X98765432'.charAt(sum % 11);
}

/** 组织机构代码, GB 11714-1997: 8 characters and a check character, with or without the hyphen. */
export function isOrganisationCode(text: string): boolean {
  if (!hasOrganisationCodeShape(text)) return false;
  const code = text.replace('-', '').toUpperCase();
  const sum = weigh(code, ORGANISATION_WEIGHTS, (letter) => Number.parseInt(letter, 36));
  return code.charAt(8) === ['0', 'X', '9', '8', '7', '6', '5', '4', '3', '2', '1'][sum % 11];
}

/** Characters 9 to 17 of the unified code are the old organisation code: how an old certificate is matched (domain 2.3). */
export const organisationCodeOf = (unitCode: string): string => unitCode.slice(8, 17).toUpperCase();
