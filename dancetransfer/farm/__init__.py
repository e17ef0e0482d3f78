"""Many dances by many dancers: a list of jobs, who does them, and one view of how they stand."""
