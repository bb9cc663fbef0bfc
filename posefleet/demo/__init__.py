"""The demo: the whole loop on one machine, with nothing in it that the product does not do for real.

films -> recordings -> training -> release -> broker, aggregator, three daemons -> rounds -> summary (`play.play`)
"""
