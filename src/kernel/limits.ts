/** Every size, time and count the hub enforces, by name. Bytes and milliseconds unless the name says otherwise. */
export const limits = {
  /** One strict JSON body on `/api/ca/*` (readings L35). */
  jsonBody: 8 * 1024 * 1024,
  /** One whole JSON body may take as long to arrive; a streamed one as long between two pieces, and altogether. */
  bodyTime: 60_000,
  streamIdle: 30_000,
  streamTime: 2 * 60 * 60_000,
  /** `decData`, bytes of UTF-8 (readings L35). */
  plaintext: 1024 * 1024,
  /** Holders named beside the first under `standBy.hub.recipients`. */
  recipients: 20,
  /** A body of `encrypt` that names nobody: so small is it tried against every unit's secret (readings L6). */
  namelessBody: 64 * 1024,
  /** Bodies of the pages' own API. */
  pageBody: 64 * 1024,
  jsonDepth: 32,
  /** Ordinary text member, characters. */
  textField: 512,
  /** `signature` (a seal picture in base64), characters. */
  sealField: 2 * 1024 * 1024,
  /** One certificate in any accepted form, characters. */
  certificateField: 32 * 1024,
  standBy: 16 * 1024,
  taskIdLength: 128,
  /** A peer's answer to a callback (readings L53). */
  replyBody: 64 * 1024,
  challengeLife: 5 * 60_000,
  loginLife: 10 * 60_000,
  /** A decryption outside an opening; inside one it ends with the window (readings L43). */
  decryptLife: 60 * 60_000,
  /** One page's use of the certificate control. */
  controlLife: 30 * 60_000,
  /** A text signed, verified or encrypted by a page's control; an envelope is a little larger. */
  controlContent: 1024 * 1024,
  /** Two of them in base64. */
  controlBody: 4 * 1024 * 1024,
  ticketLife: 60_000,
  grantLife: 60_000,
  qrLife: 2 * 60_000,
  /** A dead process's deliveries are taken over within 5 s (R3); a foreign lock of 3 s and a heartbeat's pause do not break a living one's. */
  leaseLife: 4_600,
  callbackTimeout: 10_000,
  driverDeadline: 15_000,
  /** One line between host and driver process (reliability 3.8). */
  driverMessage: 1024 * 1024,
  driverMessagesPerSecond: 2_000,
  driverBytesPerSecond: 16 * 1024 * 1024,
  /** Resident memory of a driver process. */
  driverMemory: 320 * 1024 * 1024,
  /** What a key signs for a document, bytes: signed attributes are small, the TBS_Sign of a seal carries the seal with its picture. */
  toSign: 256 * 1024,
  /** What a vendor's server tells the hub at the callback door: seals come along with who signs. */
  vendorReturn: 256 * 1024,
  /** Wrapped keys in one request of the crypto channel. */
  cryptoWraps: 100,
  /** Content given to a vendor's own encrypt service: larger ones the hub encrypts itself. */
  vendorEncrypt: 128 * 1024,
  driverConcurrency: 8,
  driverQueue: 64,
  crlFetchTimeout: 8_000,
  crlBytes: 20 * 1024 * 1024,
  shutdownGrace: 8_000,
  /** A document to be signed or judged, decoded (readings L36). */
  document: 50 * 1024 * 1024,
  /** A JSON body with such a document in base64, which may be broken into lines and escaped. */
  documentBody: 96 * 1024 * 1024,
  /** One attempt to hand a signed document to a trading system. */
  documentCallback: 120_000,
  /** A file of his own that a person signs on the page, and brings nowhere but to himself. */
  localDocument: 200 * 1024 * 1024,
  /** A signing page. */
  signLife: 60 * 60_000,
  /** From the preparation of a signature to the key's answer. */
  preparedLife: 5 * 60_000,
  /** Message 9, and what a page still shows of a signed document. */
  signedLife: 72 * 60 * 60_000,
  /** How long a signed string is remembered with its path: ten times the longest time in which a task is answered. */
  signPathLife: 30 * 24 * 60 * 60_000,
  /** Seals and strips of one signature. */
  sealPlaces: 5_000,
  /** One `prepare` of the signing page. */
  prepareBody: 1024 * 1024,
  /** A document signed without a network (no. 11). */
  offlineDocument: 200 * 1024 * 1024,
  /** Entries of an OFD package; a scanned page has two or three. */
  ofdEntries: 10_000,
  /** Everything in a package, inflated; and how many times its packed size one entry over 1 MB may have. */
  ofdInflated: 512 * 1024 * 1024,
  ofdRatio: 100,
  /** One XML part that is read for what it says, and all of them; levels and elements of one. */
  ofdXml: 8 * 1024 * 1024,
  ofdXmlTotal: 32 * 1024 * 1024,
  ofdDepth: 32,
  ofdElements: 100_000,
  ofdSignatures: 200,
  /** Header and wraps of one capsule. */
  capsuleHead: 256 * 1024,
  /** Content of one capsule. */
  capsuleContent: 2 * 1024 * 1024 * 1024,
  /** Content, preface, signature and padding. */
  capsulePadded: 2 * 1024 * 1024 * 1024 + 256 * 1024 * 1024,
  /** A one-shot process that makes, splits or opens keys; a sealer may live as long as its stream moves. */
  oneShotDeadline: 60_000,
} as const;
