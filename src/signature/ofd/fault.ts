/** Why a file is not taken as an OFD document. Its text is for the operator and names no content; people read the sentence of the code. */
export class OfdFault extends Error {
  readonly fault: OfdFaultKind;
  constructor(fault: OfdFaultKind, detail: string) {
    super(detail);
    this.name = 'OfdFault';
    this.fault = fault;
  }
}
export type OfdFaultKind = 'not-ofd' | 'encrypted' | 'broken' | 'too-large' | 'unsupported';
