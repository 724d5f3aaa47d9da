/** Of a receiver's URL: what is sent here is never answered. */
export const hangingPath = 'hang';
/** Of a receiver's URL: what is sent here is answered 500 at once. */
export const failingPath = 'fail';
/** Of a receiver's URL: what is sent here or below is answered 204 after `slowSeconds`. */
export const slowPath = 'slow';
export const slowSeconds = 4;
