"""Service points: papers put in while a point is open or closed, and the moment at which they were received."""
