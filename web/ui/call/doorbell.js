/** Two soft notes, made here so that no sound file has to be fetched. */

const NOTES_HZ = [659.25, 523.25];
const NOTE_S = 0.5;
const LOUDNESS = 0.12;

export function ring() {
  const context = new AudioContext();
  NOTES_HZ.forEach((frequency, index) => {
    const start = context.currentTime + index * NOTE_S * 0.6;
    const oscillator = new OscillatorNode(context, { type: "sine", frequency });
    const envelope = new GainNode(context, { gain: 0 });
    envelope.gain.setValueAtTime(0, start);
    envelope.gain.linearRampToValueAtTime(LOUDNESS, start + 0.02);
    envelope.gain.exponentialRampToValueAtTime(0.0001, start + NOTE_S);
    oscillator.connect(envelope).connect(context.destination);
    oscillator.start(start);
    oscillator.stop(start + NOTE_S);
    if (index === NOTES_HZ.length - 1) oscillator.onended = () => void context.close();
  });
}
