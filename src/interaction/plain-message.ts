const MESSAGE_LENGTH = 200;

/** Another party's sentence as plain text: no control, format or direction characters, at most 200 characters (readings L53). */
export function plainMessage(text: string, whenEmpty: string): string {
  const plain = text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const short = [...plain].slice(0, MESSAGE_LENGTH).join('');
  return short === '' ? whenEmpty : short;
}
