/** Of the SDK's public functions; the first figure is the `v1` of its address. */
export const version = '1.0.0';
