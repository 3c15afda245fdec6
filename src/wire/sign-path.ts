import { ruleOf } from './field-rules.ts';
import { interfaces, type PrintedInterface } from './interfaces.ts';
import type { Members } from './members.ts';

/**
 * Whether a request of `entry` with these members and one of another interface could be signed by the same string (readings L1): then it must be remembered on which
 * path the string was taken. Such is a message whose members another interface prints, all of them, and which lacks none that the other demands.
 * Today: startCheck without standBy and startiframesign; startSignature and onSignature, the hub's own.
 */
export function sharesItsString(entry: PrintedInterface, members: Pick<Members, 'values'>): boolean {
  const present = [...members.values].filter(([name, value]) => name !== 'sign' && value !== '').map(([name]) => name);
  const others: readonly PrintedInterface[] = Object.values(interfaces);
  return others.some((other) => other.path !== entry.path && isWhole(other, present));
}

function isWhole({ request }: PrintedInterface, present: readonly string[]): boolean {
  const isThere = new Set(['sign', ...present]);
  const printed = new Set(request.map(({ name }) => name));
  const demanded = request.filter(({ name, required }) => required && ruleOf(name).mayBeEmpty !== true);
  return present.every((name) => printed.has(name)) && demanded.every(({ name }) => isThere.has(name));
}
