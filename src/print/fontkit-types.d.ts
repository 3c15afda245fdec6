/** fontkit ships no types; pdf-lib takes the module as it is. */
declare module 'fontkit' {
  export const create: import('pdf-lib').Fontkit['create'];
}
