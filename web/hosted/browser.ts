/** Name and version for people, and the Chromium number where there is one. Chinese browsers are Chromium under their own name. */
export function browserName(userAgent: string): { readonly name: string; readonly chromium: number | null } {
  const chromium = Number(/Chrom(?:e|ium)\/(\d+)/.exec(userAgent)?.[1] ?? Number.NaN);
  const known: readonly (readonly [RegExp, string])[] = [
    [/Edg\/(\d+)/, 'Edge'],
    [/QQBrowser\/(\d+)/, 'QQ 浏览器'],
    [/QIHU 360|360[SE]E/, '360 浏览器'],
    [/Firefox\/(\d+)/, 'Firefox'],
    [/Chrom(?:e|ium)\/(\d+)/, 'Chrome'],
    [/Version\/(\d+).*Safari/, 'Safari'],
  ];
  for (const [pattern, name] of known) {
    const found = pattern.exec(userAgent);
    if (found !== null)
      return {
        name: found[1] === undefined ? name : `${name} ${found[1]}`,
        chromium: Number.isNaN(chromium) ? null : chromium,
      };
  }
  return { name: '—', chromium: null };
}
