/** SQL text of a time in the form `2026-11-22T11:30:25.123456Z`. */
function timeText(time: string): string {
  return `DATE_FORMAT(${time}, '%Y-%m-%dT%H:%i:%s.%fZ')`;
}

/** The server's clock in UTC. It stands still within a statement, but not within a transaction. */
export const clockText = timeText('UTC_TIMESTAMP(6)');

export function clockPlusText(seconds: number): string {
  return timeText(`UTC_TIMESTAMP(6) + INTERVAL ${seconds} SECOND`);
}
