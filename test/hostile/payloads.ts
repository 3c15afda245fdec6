/** Recognised again in an answer: a page that repeats it unescaped would run it. */
export const SCRIPT = '<script>alert(7331)</script>';

export const SQL = [
  "' or 1=1 --",
  "'; drop table unit; --",
  "1' and sleep(5) and '1'='1",
  "' union select secret from unit_secret --",
  "'||(select pg_sleep(5))||'",
  '"; attach database "/tmp/x" as x; --',
  "%' escape '\\",
  '\\x27 or 1=1',
  "$$; select pg_read_file('/etc/passwd'); $$",
  '?1 :name @p $1',
] as const;

export const TEMPLATES = [
  SCRIPT,
  '"><img src=x onerror=alert(7331)>',
  "javascript:alert('7331')",
  '{{7*7}}',
  `\${7*7}`,
  '<%= 7*7 %>',
  '#{7*7}',
  '{{constructor.constructor("return process")()}}',
  '%s%s%s%n%n',
  '$(touch /tmp/hostile)',
  '`id`',
  '\r\nX-Injected: 1\r\n\r\n',
] as const;

export const PATHS = [
  '../../../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '....//....//',
  'file:///etc/passwd',
  'C:\\windows\\win.ini',
  '/proc/self/environ',
] as const;

export const UNICODE = [
  '𠮷野家',
  'e\u0301\u0301\u0301',
  `a${'\u0300'.repeat(2_000)}`,
  '\u00a0\u2003\u3000',
  '\ufeffx',
  '\u200b\u200d\u2060',
  'ＦＵＬＬ１２３',
  '①②③',
  'ßﬃİı',
  '\ufffe\uffff',
  '👩‍👩‍👧‍👦',
  'ﷺ'.repeat(40),
] as const;

export const BIDI = ['\u202egnp.exe', '\u2066\u2067\u2068x\u2069', '\u200fabc\u200e', '\u061cx'] as const;
export const CONTROL = [
  '\u0000',
  'a\u0000b',
  '\u001b[2J',
  '\u0007',
  'a\rb',
  'a\nb',
  '\u0085',
  '\u2028',
  '\u007f',
] as const;
export const LONE = ['\ud800', 'x\udfff', '\udc00\ud800'] as const;

export const DATES = [
  '0000-00-00 00:00:00',
  '9999-12-31 23:59:59',
  '10000-01-01 00:00:00',
  '2026-02-30 00:00:00',
  '2024-02-29 24:00:00',
  '2026-12-31 23:59:60',
  '-000001-01-01T00:00:00Z',
  '+275760-09-13T00:00:00.001Z',
  '1e21',
  '99999999999999999999',
  '2026-13-01',
  '今天',
  'Invalid Date',
] as const;

export const NUMBERS = [0, -0, -1, 1.5, 1e308, -1e308, 5e-324, 2 ** 53, 2 ** 63, Number.MAX_SAFE_INTEGER] as const;
