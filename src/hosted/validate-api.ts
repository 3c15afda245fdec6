/**
 * What the page that checks signatures and the hub say to each other: `POST /hosted/validate` with the file as its body (`application/pdf` or `application/ofd`, at most 50 MB).
 * Answers `Answer<{report: ValidationReport}>`, or with `Accept: application/pdf` the report as a paper; `X-File-Name` (URI-encoded) is then printed on it. Nothing of the file is kept.
 */
import type { ValidationReport } from '#signature/report/report.ts';

export const VALIDATE_PAGE_PATH = '/hosted/validate';
export const FILE_NAME_HEADER = 'x-file-name';

export type { ValidationReport };
