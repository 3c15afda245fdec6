import type { Selectable } from 'kysely';
import { type ErrorCode, type Refusal, refusal } from '#kernel/errors.ts';
import type { Json } from '#kernel/json.ts';
import type { FieldCipher } from '#store/field-cipher.ts';
import type { InteractionKind, InteractionTable } from '#store/schema.ts';
import type { Interaction } from './interaction.ts';

/** What a request brings; everything else of a new row is the same each time. */
export interface NewInteraction {
  readonly id: string;
  readonly unitId: string;
  readonly orgcode: string;
  readonly taskId: string;
  /** As in TaskRequest. */
  readonly of?: string;
  readonly content: string;
  readonly attempt: number;
  readonly standBy: string | null;
  readonly returnUrl: string | null;
  readonly supportCode: string;
  readonly expiresAt: number;
}

export type Row = Selectable<InteractionTable>;
type SealedColumn = Extract<keyof InteractionTable, `${string}_sealed`>;

/** Sealing and opening of the table's columns; a row copied over another one does not open. */
export function rowCodec(cipher: FieldCipher) {
  const place = (row: string, column: SealedColumn) => ({ table: 'interaction' as const, row, column });
  const seal = (row: string, column: SealedColumn, value: Json): string =>
    cipher.seal(place(row, column), JSON.stringify(value));
  const open = (row: string, column: SealedColumn, sealed: string | null): Json =>
    sealed === null ? null : (JSON.parse(cipher.openText(place(row, column), sealed)) as Json);
  const openString = (row: string, column: SealedColumn, sealed: string): string | null => {
    const value = open(row, column, sealed);
    return typeof value === 'string' ? value : null;
  };
  const openRefusal = (row: Row): Refusal | null =>
    row.refusal_code === null
      ? null
      : refusal(
          row.refusal_code as ErrorCode,
          (open(row.id, 'refusal_sealed', row.refusal_sealed) ?? {}) as Record<string, string>,
        );

  /** Sealed columns are opened when they are asked for: most steps of an interaction read the row several times and its texts never. */
  const fromRow = (row: Row): Interaction => ({
    id: row.id,
    kind: row.kind,
    unitId: row.unit_id,
    orgcode: row.orgcode,
    get taskId() {
      return openString(row.id, 'task_sealed', row.task_sealed) ?? '';
    },
    bodyIndex: row.body_index,
    attempt: row.attempt,
    get standBy() {
      return openString(row.id, 'standby_sealed', row.standby_sealed);
    },
    get returnUrl() {
      return openString(row.id, 'return_url_sealed', row.return_url_sealed);
    },
    state: row.state,
    version: row.version,
    generation: row.generation,
    browserHash: row.browser_hash,
    challenge:
      row.challenge_nonce === null || row.challenge_expires_at === null
        ? null
        : { nonce: row.challenge_nonce, expiresAt: row.challenge_expires_at, usedAt: row.challenge_used_at },
    exchange: open(row.id, 'exchange_sealed', row.exchange_sealed),
    exchangeAuthority: row.exchange_authority,
    certificateId: row.certificate_id,
    authorityId: row.authority_id,
    ticketUsedAt: row.ticket_used_at,
    supportCode: row.support_code,
    refusal: openRefusal(row),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    endedAt: row.ended_at,
  });

  const newRow = (
    kind: InteractionKind,
    fresh: NewInteraction,
    taskIndex: string,
    bodyIndex: string,
    now: number,
  ): Row => ({
    id: fresh.id,
    kind,
    unit_id: fresh.unitId,
    orgcode: fresh.orgcode,
    task_index: taskIndex,
    task_sealed: seal(fresh.id, 'task_sealed', fresh.taskId),
    attempt: fresh.attempt,
    body_index: bodyIndex,
    standby_sealed: seal(fresh.id, 'standby_sealed', fresh.standBy),
    return_url_sealed: seal(fresh.id, 'return_url_sealed', fresh.returnUrl),
    state: 'open',
    version: 1,
    generation: 1,
    browser_hash: null,
    challenge_nonce: null,
    challenge_expires_at: null,
    challenge_used_at: null,
    exchange_sealed: null,
    exchange_authority: null,
    certificate_id: null,
    authority_id: null,
    ticket_used_at: null,
    support_code: fresh.supportCode,
    refusal_code: null,
    refusal_sealed: null,
    created_at: now,
    expires_at: fresh.expiresAt,
    ended_at: null,
    updated_at: now,
  });
  return { seal, fromRow, newRow };
}

export type RowCodec = ReturnType<typeof rowCodec>;
