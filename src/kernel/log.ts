import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** What may stand in a log line besides the message: identifiers and figures the hub made itself, never a caller's text. */
const REDACTED = [
  'pin',
  'secret',
  'token',
  'ticket',
  'cookie',
  'authorization',
  'sign',
  'decData',
  'idNumber',
  'legalIdcard',
  'body',
  'password',
];

/** One JSON object a line on stderr (or `destination`); errors print type, message and stack for the operator. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const paths = REDACTED.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths, censor: '***' } },
    destination ?? pino.destination({ fd: 2, sync: true }),
  );
}
