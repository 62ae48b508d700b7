#pragma once

namespace modlab {

/// The hidden units between two consecutive linear layers, in the layers' own memory.
struct HiddenUnits {
  int inputs = 0;
  int units = 0;
  int outputs = 0;
  float* incoming = nullptr;  ///< Row-major [units][inputs].
  float* bias = nullptr;      ///< [units]; null: none.
  float* outgoing = nullptr;  ///< Row-major [outputs][units].
};

/// Rescales ReLU units (leaky ones and identities, too) without changing the network's function, so that every unit's
/// incoming and outgoing weights have the same L2 norm: incoming weights and bias are divided by c, outgoing weights
/// multiplied by it, c = sqrt(|incoming| / |outgoing|). That is the scaling of least |incoming|^2 + |outgoing|^2
/// (Neyshabur, Salakhutdinov & Srebro 2015), and the one that weight decay goes to. Biases move along but are not in
/// the norm: they are no edges of the unit graph (definitions.md, section 3). Units whose incoming or outgoing weights
/// are all 0 stay as they are.
///
/// Rounds each weight once to single precision. In a chain of layers a layer's outgoing weights are the next one's
/// incoming ones: sweeps over the chain come to where all are balanced. O(weights).
void BalanceUnits(const HiddenUnits& hidden);

}  // namespace modlab
