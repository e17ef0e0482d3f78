"""The pictures, skeletons over them, and the hand that touches poses up."""
