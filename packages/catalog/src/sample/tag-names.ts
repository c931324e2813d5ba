export const classificationNames = [
  'PersonalData',
  'Tier',
  'Certification',
  'tier',
  'GDPR.Art "9" 🏷️',
  '机密',
] as const;

/** Of each classification. */
export const tagNames = [
  'None',
  'Low',
  'High',
  'high',
  'a.b',
  'say "hi" ',
  'caf\u00e9',
  'cafe\u0301',
  '🔒',
  'Old one',
] as const;
