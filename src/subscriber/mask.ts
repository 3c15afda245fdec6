/** How personal data and serials look in lists, warnings and commands. Masking is for reading; it is no protection of what is stored. */

/** 王小明 → 王**; 辽宁示例建设有限公司 stays recognisable by its first two and last two characters. */
export function maskName(name: string): string {
  const letters = [...name];
  if (letters.length <= 1) return '*';
  if (letters.length <= 4) return `${letters[0]}${'*'.repeat(letters.length - 1)}`;
  return `${letters.slice(0, 2).join('')}${'*'.repeat(letters.length - 4)}${letters.slice(-2).join('')}`;
}

/** 210102190001010014 → 210***********0014; short ones keep their last two only. */
export function maskId(id: string): string {
  const letters = [...id];
  if (letters.length < 10) return `${'*'.repeat(Math.max(letters.length - 2, 1))}${letters.slice(-2).join('')}`;
  return `${letters.slice(0, 3).join('')}${'*'.repeat(letters.length - 7)}${letters.slice(-4).join('')}`;
}

/** ****8F3A */
export const maskSerial = (serial: string): string => `****${serial.slice(-4)}`;

/** ****8F3A、****27C1, or 无 when there is none. */
export const maskedSerials = (serials: readonly string[]): string =>
  serials.length === 0 ? '无' : serials.map(maskSerial).join('、');
