/** Hands the microphone's samples over, as they come. Plain JavaScript: the file is loaded as it is. */
class Capture extends AudioWorkletProcessor {
  process([input]) {
    const samples = input[0];
    if (samples?.length) this.port.postMessage(samples.slice());
    return true;
  }
}

registerProcessor('capture', Capture);
