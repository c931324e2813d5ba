/** The library age-encryption. It is a tenth of the time that a command takes to start, and few need it. */
export const loadAge = () => import('age-encryption');
