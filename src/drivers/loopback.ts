import { z } from 'zod';

/**
 * WebSocket address of a program on the person's own computer. Loopback by number or as `localhost` only: a public name that leads to loopback today leads
 * somewhere else tomorrow, and a PIN goes there.
 */
export const loopbackSocket = z.string().regex(/^wss?:\/\/(127\.0\.0\.1|localhost):\d{1,5}\/[\w./-]*$/);
