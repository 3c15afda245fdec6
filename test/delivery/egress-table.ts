/** Where a call must never end up, as data: T01's table. `{port}` is where a canary listens on every loopback address. */
export interface EgressRow {
  readonly url: string;
  readonly trick: string;
  /** What a registration (production) says of the same address with https: `no`, or that it stands behind an ordinary name. */
  readonly registration: 'no' | 'name';
}

const rows = (trick: string, registration: EgressRow['registration'], ...hosts: string[]): EgressRow[] =>
  hosts.map((host) => ({ url: `http://${host}:{port}/`, trick, registration }));
const whole = (trick: string, ...urls: string[]): EgressRow[] =>
  urls.map((url) => ({ url, trick, registration: 'no' }));

export const egressTable: readonly EgressRow[] = [
  ...rows(
    'loopback',
    'no',
    '127.0.0.1',
    '127.0.0.2',
    '127.255.255.254',
    'localhost',
    'LOCALHOST',
    'localhost.',
    'a.localhost',
  ),
  ...rows('short form', 'no', '127.1', '127.0.1', '127.0.0.1.'),
  ...rows('decimal', 'no', '2130706433', '2130706434', '2852039166', '3232235521'),
  ...rows('hexadecimal', 'no', '0x7f000001', '0x7f.1', '0x7F.0x0.0x0.0x1', '0xa9fea9fe'),
  ...rows('octal', 'no', '0177.0.0.1', '017700000001', '0251.0376.0251.0376', '127.0.0.01'),
  ...rows(
    'fullwidth and circled',
    'no',
    '１２７.０.０.１',
    '①②⑦.⓪.⓪.①',
    '127。0。0。1',
    '127．0．0．1',
    'ｌｏｃａｌｈｏｓｔ',
  ),
  ...rows('percent-encoded', 'no', '%31%32%37.0.0.1', '127%2e0%2e0%2e1'),
  ...rows('unspecified', 'no', '0.0.0.0', '0', '0x0', '[::]'),
  ...rows('IPv6 loopback', 'no', '[::1]', '[0:0:0:0:0:0:0:1]'),
  ...rows('IPv4-mapped', 'no', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:169.254.169.254]'),
  ...rows('IPv4-compatible', 'no', '[::127.0.0.1]', '[::7f00:1]'),
  ...rows('NAT64', 'no', '[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::a9fe:a9fe]'),
  ...rows('6to4', 'no', '[2002:7f00:1::]', '[2002:a9fe:a9fe::]'),
  ...rows('Teredo', 'no', '[2001:0:7f00:1::]'),
  ...rows('metadata service', 'no', '169.254.169.254', '[fd00:ec2::254]', '100.100.100.200'),
  ...rows('private and local', 'no', '10.0.0.1', '172.16.0.1', '192.168.0.1', '100.64.0.1', '[fe80::1]', '[fc00::1]'),
  ...rows('broadcast, multicast', 'no', '255.255.255.255', '224.0.0.1', '[ff02::1]'),
  ...rows(
    'a name that leads inside',
    'name',
    '127.0.0.1.nip.test',
    'metadata.test',
    'inside6.test',
    'mapped.test',
    'xn--inside-9d0b.test',
  ),
  ...whole(
    'userinfo',
    'http://trade.test@127.0.0.1:{port}/',
    'http://127.0.0.1:{port}@127.0.0.1:{port}/',
    'http://a:b@127.0.0.1:{port}/',
    'http://:@127.0.0.1:{port}/',
  ),
  ...whole(
    'backslash',
    'http://127.0.0.1:{port}\\@trade.test/',
    'http:\\\\127.0.0.1:{port}\\',
    'http:/\\127.0.0.1:{port}/',
  ),
  ...whole(
    'white space inside',
    'http://127.0.\t0.1:{port}/',
    ' http://127.0.0.1:{port}/',
    'ht\ntp://127.0.0.1:{port}/',
  ),
  ...whole('slashes', 'http:127.0.0.1:{port}/', 'http:///127.0.0.1:{port}/', '//127.0.0.1:{port}/'),
  ...whole(
    'other schemes',
    'ftp://127.0.0.1:{port}/',
    'gopher://127.0.0.1:{port}/_GET',
    'file:///etc/passwd',
    'ws://127.0.0.1:{port}/',
    'unix:/run/x.sock',
    'javascript:1',
  ),
];

/** What the resolver says of the names above; anything else is a name nobody knows. */
export const answers: Readonly<Record<string, readonly string[]>> = {
  'localhost.': ['127.0.0.1', '::1'],
  'a.localhost': ['127.0.0.1'],
  '127.0.0.1.nip.test': ['127.0.0.1'],
  'metadata.test': ['169.254.169.254'],
  'inside6.test': ['::1', '::'],
  'mapped.test': ['::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::'],
  'xn--inside-9d0b.test': ['127.0.0.1', '10.0.0.1'],
};
